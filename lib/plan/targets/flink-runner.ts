// The program that runs a script of Flink SQL: it stands beside the job, so that Flink's jars and Java are all that is needed. Must not: depend on the job.
export const sqlRunner = `// Runs a script of Flink SQL in this JVM, without a cluster: java -cp 'lib/*' SqlRunner.java job.sql. SET is interpreted here, for TableEnvironment.executeSql knows none; jobs are awaited.
// Exit status: 0 done, 1 a statement failed, with its reason on standard error.
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

public class SqlRunner {
    /** What may hold a semicolon that ends nothing, and the words that open and close a statement set. */
    private static final Pattern TOKEN = Pattern.compile("'(?:[^']|'')*'|\`(?:[^\`]|\`\`)*\`|--[^\\\\n]*|/\\\\*(?s:.*?)\\\\*/|[\\\\p{L}_][\\\\p{L}\\\\p{N}_]*|;");
    private static final Pattern BLANK = Pattern.compile("^(?:\\\\s+|--[^\\\\n]*(?:\\\\n|$)|/\\\\*(?!\\\\+)(?s:.*?)\\\\*/)+");
    private static final Pattern SET = Pattern.compile("SET\\\\s+'((?:[^']|'')*)'\\\\s*=\\\\s*'((?:[^']|'')*)'\\\\s*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    static List<String> statements(String script) {
        List<String> all = new ArrayList<>();
        int start = 0, cases = 0;
        boolean inSet = false;
        String before = "", last = "";
        Matcher token = TOKEN.matcher(script);
        while (token.find()) {
            String text = token.group().toUpperCase(Locale.ROOT);
            if (text.equals(";") && !inSet) {
                take(all, script.substring(start, token.start()));
                start = token.end();
            } else if (text.equals("BEGIN") && last.equals("SET") && before.equals("STATEMENT")) {
                inSet = true;
            } else if (inSet && text.equals("CASE")) {
                cases++;
            } else if (inSet && text.equals("END") && cases > 0) {
                cases--;
            } else if (inSet && text.equals("END")) {
                inSet = false;
            }
            if (Character.isLetter(text.charAt(0))) { before = last; last = text; }
        }
        take(all, script.substring(start));
        return all;
    }

    private static void take(List<String> all, String text) {
        Matcher blank = BLANK.matcher(text);
        String rest = (blank.find() ? text.substring(blank.end()) : text).strip();
        if (!rest.isEmpty()) all.add(rest);
    }

    static void run(String script) throws Exception {
        Configuration early = new Configuration();
        TableEnvironment environment = null;
        for (String statement : statements(script)) {
            Matcher set = SET.matcher(statement);
            if (set.matches()) {                                    // the runtime mode must be known before there is an environment
                if (environment == null) early.setString(set.group(1), set.group(2).replace("''", "'"));
                else environment.getConfig().set(set.group(1), set.group(2).replace("''", "'"));
                continue;
            }
            if (environment == null) environment = TableEnvironment.create(EnvironmentSettings.newInstance().withConfiguration(early).build());
            TableResult result = environment.executeSql(statement);
            if (result.getJobClient().isPresent()) result.await();
        }
    }

    /** The first line of each cause that says something new. */
    static String reason(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            String line = cause.getClass().getSimpleName() + ": " + String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
            if (text.indexOf(line) < 0) text.append(text.length() == 0 ? "" : " <- ").append(line);
        }
        return text.toString();
    }

    public static void main(String[] arguments) throws Exception {
        int status = 0;
        try {
            for (String path : arguments) run(Files.readString(Path.of(path)));
        } catch (Throwable error) {
            System.err.println(reason(error));
            status = 1;
        }
        System.exit(status);                                        // Flink leaves threads behind
    }
}
`;
