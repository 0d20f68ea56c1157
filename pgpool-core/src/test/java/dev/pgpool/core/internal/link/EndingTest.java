package dev.pgpool.core.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What has been said of the end, by whom, and that it is not said of the next client. */
class EndingTest {

    @ParameterizedTest(name = "{0}: farewell {1}, fatal told {2}, doomed {3}")
    @CsvSource({
        "'',                       false, false, false",
        "TERMINATE,                true,  false, false",
        "ERROR,                    false, false, false",
        "FATAL,                    false, true,  false",
        "FATAL ERROR,              false, true,  false",
        "AT_REST,                  false, false, true",
        "AT_REST FATAL,            false, true,  true",
        "TERMINATE FATAL AT_REST,  true,  true,  true",
        "TERMINATE FATAL AT_REST BEGIN, false, false, false"
    })
    void eachIsSaidOnceAndHoldsUntilTheNextClient(String said, boolean farewell, boolean fatalTold, boolean doomed) {
        Ending ending = new Ending();

        for (String word : said.split(" ", -1)) {
            switch (word) {
                case "TERMINATE" -> ending.onTerminate();
                case "ERROR" -> ending.onErrorTold(false);
                case "FATAL" -> ending.onErrorTold(true);
                case "AT_REST" -> ending.onErrorAtRest();
                case "BEGIN" -> ending.begin();
                default -> assertThat(word).isEmpty();
            }
        }

        assertThat(ending.isFarewell()).isEqualTo(farewell);
        assertThat(ending.isFatalTold()).isEqualTo(fatalTold);
        assertThat(ending.isDoomed()).isEqualTo(doomed);
    }
}
