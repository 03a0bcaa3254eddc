// Apache Commons Email, as its manual shows it. It writes the message itself.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.mail.smtp.SMTPAddressFailedException;
import com.sun.mail.smtp.SMTPSendFailedException;
import com.sun.mail.smtp.SMTPSenderFailedException;
import java.io.File;
import java.time.Duration;
import javax.mail.MessagingException;
import org.apache.commons.mail.EmailException;
import org.apache.commons.mail.SimpleEmail;

class Send {
  public static void main(String[] arguments) throws Exception {
    JsonNode task = new ObjectMapper().readTree(new File(System.getenv("TEMPFAIL_HANDOVER")));
    if (task.get("sender").asText().isEmpty()) System.exit(89); // its message has a From
    Duration timeout = Duration.ofMillis(Math.round(1000 * Math.max(5, 600 / task.get("time_scale").asDouble())));
    try {
      SimpleEmail email = new SimpleEmail();
      email.setHostName(task.get("host").asText());
      email.setSmtpPort(task.get("port").asInt());
      email.setSocketConnectionTimeout(timeout);
      email.setSocketTimeout(timeout);
      email.setFrom(task.get("sender").asText());
      for (JsonNode recipient : task.get("recipients")) email.addTo(recipient.asText());
      email.setSubject("tempfail");
      email.setMsg("A message.");
      email.send();
    } catch (EmailException failure) {
      failure.printStackTrace();
      System.exit(kindOf(failure.getCause()));
    }
  }

  static int kindOf(Throwable failure) {
    int status = 1; // it failed, and does not say how
    for (Throwable each = failure; each instanceof MessagingException; each = ((MessagingException) each).getNextException()) {
      int code = each instanceof SMTPAddressFailedException ? ((SMTPAddressFailedException) each).getReturnCode()
          : each instanceof SMTPSendFailedException ? ((SMTPSendFailedException) each).getReturnCode()
          : each instanceof SMTPSenderFailedException ? ((SMTPSenderFailedException) each).getReturnCode() : 0;
      if (code >= 400 && code < 500) return 75;
      if (code >= 500) status = 69;
    }
    return status;
  }
}
