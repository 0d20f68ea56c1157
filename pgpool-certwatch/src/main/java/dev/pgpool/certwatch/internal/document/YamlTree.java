package dev.pgpool.certwatch.internal.document;

import java.util.ArrayList;
import java.util.List;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/** YAML as a tree. Kept apart: only this class needs the library. */
final class YamlTree {

    private static final int MAX_ALIASES = 50;
    private static final int MAX_CODE_POINTS = 8 << 20;

    private YamlTree() {}

    /** Takes no scalar for anything but a text, or the key of a merge. */
    private static final class TextsOnly extends Resolver {
        @Override
        protected void addImplicitResolvers() {
            // No others: a label 1.10 is not the number 1.1.
            addImplicitResolver(Tag.MERGE, MERGE, "<");
        }
    }

    static List<Object> read(String text) throws DocumentException {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setNestingDepthLimit(Documents.MAX_DEPTH);
        options.setCodePointLimit(MAX_CODE_POINTS);
        DumperOptions unused = new DumperOptions();
        Yaml yaml = new Yaml(new SafeConstructor(options), new Representer(unused), unused, options, new TextsOnly());
        try {
            List<Object> documents = new ArrayList<>();
            for (Object document : yaml.loadAll(text)) {
                if (document != null) {
                    documents.add(document);
                }
            }
            return documents;
        } catch (MarkedYAMLException e) {
            // The library's message shows the lines around, and these may hold keys.
            String where = e.getProblemMark() == null
                    ? ""
                    : " in line " + (e.getProblemMark().getLine() + 1);
            throw new DocumentException("YAML: cannot be read" + where);
        } catch (YAMLException | ClassCastException | IllegalArgumentException e) {
            throw new DocumentException("YAML: cannot be read");
        } catch (StackOverflowError e) {
            throw new DocumentException("YAML: refers to itself");
        }
    }
}
