package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of the README compiles as it stands there, on Java 11, in a class with a model. */
class ReadmeTest {
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final String AROUND =
      """
      import dev.ashad.client.*;
      import dev.ashad.v1.*;
      import dev.ashad.client.Trial;
      import dev.ashad.client.Decision;
      import java.nio.file.*;
      import java.time.*;
      import java.util.*;
      import java.util.concurrent.*;
      class Readme {
        static class Model {
          Model(Params params) {}
          double trainOneEpoch() { return 0; }
          void load(String path) {}
          void save(String path) {}
        }
        static void run(Client client, String study, Executor executor) throws Exception {
      BODY
        }
      }
      """;

  @TempDir Path folder;

  @Test
  void codeCompiles() throws Exception {
    List<String> pieces =
        CODE.matcher(Files.readString(Path.of("README.md")))
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toList());
    assertTrue(pieces.size() >= 5);
    for (String piece : pieces) {
      String body =
          piece
              .lines()
              .filter(line -> !line.startsWith("import "))
              .collect(Collectors.joining("\n"));
      if (body.contains("Client client =")) { // a client of its own: in a class of its own
        body = "new Object() { void run() throws Exception {\n" + body + "\n} }.run();";
      }
      assertEquals(List.of(), problems(AROUND.replace("BODY", body)), piece);
    }
  }

  private List<String> problems(String source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var found = new DiagnosticCollector<JavaFileObject>();
    var file =
        new SimpleJavaFileObject(URI.create("string:///Readme.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignored) {
            return source;
          }
        };
    List<String> options =
        List.of(
            "--release",
            "11",
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            folder.toString());
    compiler.getTask(null, null, found, options, null, List.of(file)).call();
    List<String> problems = new ArrayList<>();
    found.getDiagnostics().forEach(each -> problems.add(each.toString()));
    return problems;
  }
}
