package dev.pgpool.certwatch.internal.discover;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** One URL on each line; empty lines and what follows a {@code #} at the beginning or after a space say nothing. */
final class UrlLines {

    private static final Pattern COMMENT = Pattern.compile("(^|\\s)#.*");
    private static final Pattern LINE_END = Pattern.compile("\\R");

    private UrlLines() {}

    static List<TargetList.Entry> entries(String text) {
        List<TargetList.Entry> entries = new ArrayList<>();
        int number = 0;
        for (String line : LINE_END.split(text, -1)) {
            number++;
            String url = COMMENT.matcher(line).replaceFirst("").strip();
            if (!url.isEmpty()) {
                entries.add(new TargetList.Entry("line " + number, url, Map.of()));
            }
        }
        return entries;
    }
}
