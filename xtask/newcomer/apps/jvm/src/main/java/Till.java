import holloway.Holloway;
import java.util.Map;
import kotlin.Unit;

/** The same library from Java. */
public final class Till {
    private Till() {}

    public static void main(String[] words) {
        try (Holloway hw = new Holloway("server", settings -> {
            settings.setHost(System.getenv("HOLLOWAY_HOST"));
            settings.setDirectory("events-java");
            return Unit.INSTANCE;
        })) {
            hw.forUser("cyd").track("Bought", Map.of("by", "cyd"));
        }
        System.out.println("java: closed");
    }
}
