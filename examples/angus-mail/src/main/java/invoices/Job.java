package invoices;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.util.List;
import java.util.Properties;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;

/** Mails invoices: what could not be sent is sent with its next run. */
public final class Job {
  private final Session session;

  public Job(String host, int port) {
    Properties settings = new Properties();
    settings.put("mail.smtp.host", host);
    settings.put("mail.smtp.port", port);
    settings.put("mail.smtp.localhost", "shop.test");
    settings.put("mail.smtp.timeout", 10_000);
    session = Session.getInstance(settings);
  }

  /** Sends all that is unsent. */
  public void run(List<Invoice> invoices) throws MessagingException {
    for (Invoice invoice : invoices) {
      if (invoice.state != Invoice.State.UNSENT) continue;
      MimeMessage message = new MimeMessage(session) {
        @Override
        protected void updateMessageID() throws MessagingException {
          setHeader("Message-ID", invoice.id);
        }
      };
      message.setFrom("billing@shop.test");
      message.setRecipients(MimeMessage.RecipientType.TO, new InternetAddress[] {new InternetAddress(invoice.customer)});
      message.setSubject("Your invoice");
      message.setText("Please pay.\n");
      try {
        Transport.send(message);
        invoice.state = Invoice.State.SENT;
      } catch (MessagingException refused) {
        invoice.trouble = refused;
        if (codeOf(refused) >= 500) invoice.state = Invoice.State.FAILED; // else: once more
      }
    }
  }

  /** Of the reply, which stands in one of a chain of exceptions; 0: there was none. */
  private static int codeOf(MessagingException refused) {
    for (Exception each = refused; each instanceof MessagingException; each = ((MessagingException) each).getNextException()) {
      if (each instanceof SMTPAddressFailedException address) return address.getReturnCode();
      if (each instanceof SMTPSendFailedException send && send.getReturnCode() > 0 && send.getNextException() == null) return send.getReturnCode();
    }
    return 0;
  }
}
