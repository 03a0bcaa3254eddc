// Angus Mail, as its manual shows it.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.File;
import java.io.FileInputStream;
import java.util.ArrayList;
import java.util.Properties;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;

class Send {
  public static void main(String[] arguments) throws Exception {
    JsonNode task = new ObjectMapper().readTree(new File(System.getenv("TEMPFAIL_HANDOVER")));
    String tls = task.get("tls").asText();
    String timeout = String.valueOf(Math.max(5, Math.round(600 / task.get("time_scale").asDouble())) * 1000);
    Properties settings = new Properties();
    settings.put("mail.smtp.from", task.get("sender").asText().isEmpty() ? "<>" : task.get("sender").asText());
    settings.put("mail.smtp.localhost", "sender.test");
    settings.put("mail.smtp.connectiontimeout", timeout);
    settings.put("mail.smtp.timeout", timeout);
    settings.put("mail.smtp.ssl.enable", task.get("tls_mode").asText().equals("implicit"));
    settings.put("mail.smtp.starttls.enable", !tls.equals("none"));
    settings.put("mail.smtp.starttls.required", tls.equals("required") || tls.equals("verified"));
    if (tls.equals("verified")) Trust.only(task.get("ca").asText());
    else settings.put("mail.smtp.ssl.trust", "*");
    settings.put("mail.smtp.ssl.checkserveridentity", tls.equals("verified"));
    Session session = Session.getInstance(settings);
    MimeMessage message = new MimeMessage(session, new FileInputStream(task.get("message").asText()));
    ArrayList<Address> recipients = new ArrayList<>();
    for (JsonNode recipient : task.get("recipients")) recipients.add(new InternetAddress(recipient.asText(), false));
    try (Transport transport = session.getTransport("smtp")) {
      transport.connect(task.get("host").asText(), task.get("port").asInt(), null, null);
      transport.sendMessage(message, recipients.toArray(new Address[0]));
    } catch (MessagingException failure) {
      failure.printStackTrace();
      System.exit(kindOf(failure));
    }
  }

  /** The worst that the chain of exceptions says: one that can be tried again counts before one that can't. */
  static int kindOf(MessagingException failure) {
    int status = 1; // it failed, and does not say how
    for (Exception each = failure; each instanceof MessagingException; each = ((MessagingException) each).getNextException()) {
      int code = each instanceof SMTPAddressFailedException ? ((SMTPAddressFailedException) each).getReturnCode()
          : each instanceof SMTPSendFailedException ? ((SMTPSendFailedException) each).getReturnCode()
          : each instanceof SMTPSenderFailedException ? ((SMTPSenderFailedException) each).getReturnCode() : 0;
      if (code >= 400 && code < 500) return 75;
      if (code >= 500) status = 69;
    }
    return status;
  }

  /** Java verifies by a store of its own: here one with the authority alone. */
  static class Trust {
    static void only(String file) throws Exception {
      java.security.KeyStore store = java.security.KeyStore.getInstance("PKCS12");
      store.load(null, null);
      try (FileInputStream in = new FileInputStream(file)) {
        store.setCertificateEntry("ca", java.security.cert.CertificateFactory.getInstance("X.509").generateCertificate(in));
      }
      File kept = File.createTempFile("trust", ".p12", new File(System.getenv("TEMPFAIL_CASE_DIR")));
      try (java.io.FileOutputStream out = new java.io.FileOutputStream(kept)) {
        store.store(out, "changeit".toCharArray());
      }
      System.setProperty("javax.net.ssl.trustStore", kept.getPath());
      System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
    }
  }
}
