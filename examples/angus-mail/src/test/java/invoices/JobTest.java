package invoices;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tempfail.Accepted;
import tempfail.Scenario;
import tempfail.Server;
import tempfail.TempfailExtension;

/** The three tests that everybody wants. */
@ExtendWith(TempfailExtension.class)
class JobTest {
  private static final String CUSTOMER = "you@example.test";
  private final Invoice invoice = new Invoice(CUSTOMER, "<1@shop.test>");

  @Test
  void retriedOn452(@Scenario(value = "disk-full", role = "queueing") Server server) throws Exception {
    Job job = new Job(server.host(), server.port());
    job.run(List.of(invoice));
    assertEquals(Invoice.State.UNSENT, invoice.state);
    assertEquals(452, server.tries(1).get(0).code());
    server.advance("1h");
    job.run(List.of(invoice));
    assertEquals("Your invoice", server.accepted(1).get(0).header("Subject").orElse(""));
    server.assertPassed();
  }

  @Test
  void noDuplicateWhenTheConnectionDropsAfterTheDot(@Scenario(value = "closed-after-final-dot", role = "queueing") Server server)
      throws Exception {
    Job job = new Job(server.host(), server.port());
    for (int run = 0; run < 3; ++run) {
      job.run(List.of(invoice));
      server.advance("1h");
    }
    assertEquals(List.of(List.of(CUSTOMER)), server.accepted().stream().map(Accepted::recipients).toList());
    server.assertPassed();
  }

  @Test
  void a5xxReachesTheUser(@Scenario(value = "no-such-user", role = "one-shot") Server server) throws Exception {
    server.expect("billing@shop.test", List.of(CUSTOMER), null);
    new Job(server.host(), server.port()).run(List.of(invoice));
    assertEquals(Invoice.State.FAILED, invoice.state);
    assertTrue(invoice.trouble.getMessage().contains("Invalid Addresses"), invoice.trouble.getMessage());
    server.judge(invoice.trouble);
  }
}
