package holloway

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfSystemProperty
import org.junit.jupiter.api.io.TempDir

/** HTTPS by the JVM's own stack and truststore, in JVMs of their own: the truststore is read once a process. */
class HttpsTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a host whose certificate the system trusts receives events`() = StubCollector().use { collector ->
        TlsProxy(certificates, collector.url).use { proxy ->
            val lines = Child.run(certificates.trustOptions, proxy.url, folder, timeoutSeconds = 20)
            assertEquals(listOf("enabled true", "flushed", "queued 0 losses {}"), lines)
        }
        assertEquals(listOf("From A Child"), collector.events.map { it["event"].asString })
    }

    @Test
    fun `a certificate that the system does not trust keeps events until it does`() = StubCollector().use { collector ->
        TlsProxy(certificates, collector.url).use { proxy ->
            val lines = Child.run(emptyList(), proxy.url, folder, timeoutSeconds = 2)
            assertEquals("enabled true", lines.first())
            val diagnostic = lines.single { it.startsWith("diagnostic") }
            assertTrue("cannot deliver events to ${proxy.url}/v1/batch: no trusted connection" in diagnostic, diagnostic)
            assertTrue("kept and sent again later" in diagnostic, diagnostic)
            val error = lines.single { it.startsWith("TimedOut") }
            assertTrue("1 events still wait" in error && "certificate" in error, error)
            assertEquals("queued 1 losses {}", lines.last())
            assertEquals(0, collector.requests.size, "nothing is sent past a certificate")

            assertEquals("flushed", Child.run(certificates.trustOptions, proxy.url, folder, timeoutSeconds = 20)[1])
        }
        val events = collector.events.map { it["event"].asString }
        assertEquals(listOf("From A Child", "From A Child"), events, "of the first JVM and of the second")
    }

    @Test
    @EnabledIfSystemProperty(named = "holloway.program", matches = ".+", disabledReason = "HOLLOWAY_BIN names no program")
    fun `the real collector behind TLS stores the event`() {
        RealCollector(System.getProperty("holloway.program"), folder.resolve("data")).use { real ->
            TlsProxy(certificates, real.url).use { proxy ->
                Child.run(certificates.trustOptions, proxy.url, folder.resolve("events"), timeoutSeconds = 20)
            }
            assertEquals(mapOf("stored" to 1), real.fates())
        }
    }

    companion object {
        @TempDir
        @JvmStatic
        lateinit var certificateFolder: File

        lateinit var certificates: Certificates

        @BeforeAll
        @JvmStatic
        fun makeCertificates() {
            certificates = Certificates(certificateFolder)
        }
    }
}
