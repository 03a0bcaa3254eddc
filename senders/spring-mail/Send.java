// Spring's JavaMailSender, as its manual shows it. It writes the message itself.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.mail.MessagingException;
import java.io.File;
import java.util.ArrayList;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;
import org.springframework.mail.MailSendException;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSenderImpl;

class Send {
  public static void main(String[] arguments) throws Exception {
    JsonNode task = new ObjectMapper().readTree(new File(System.getenv("TEMPFAIL_HANDOVER")));
    if (task.get("sender").asText().isEmpty()) System.exit(89); // its message has a From
    String timeout = String.valueOf(Math.max(5, Math.round(600 / task.get("time_scale").asDouble())) * 1000);
    JavaMailSenderImpl sender = new JavaMailSenderImpl();
    sender.setHost(task.get("host").asText());
    sender.setPort(task.get("port").asInt());
    sender.getJavaMailProperties().put("mail.smtp.connectiontimeout", timeout);
    sender.getJavaMailProperties().put("mail.smtp.timeout", timeout);
    sender.getJavaMailProperties().put("mail.smtp.localhost", "sender.test");
    SimpleMailMessage message = new SimpleMailMessage();
    ArrayList<String> recipients = new ArrayList<>();
    for (JsonNode recipient : task.get("recipients")) recipients.add(recipient.asText());
    message.setFrom(task.get("sender").asText());
    message.setTo(recipients.toArray(new String[0]));
    message.setSubject("tempfail");
    message.setText("A message.");
    try {
      sender.send(message);
    } catch (MailSendException failure) {
      failure.printStackTrace();
      int status = 1; // it failed, and does not say how
      for (Exception each : failure.getMessageExceptions()) status = Math.max(status, kindOf(each));
      System.exit(status);
    }
  }

  static int kindOf(Exception failure) {
    int status = 1;
    for (Exception each = failure; each instanceof MessagingException; each = ((MessagingException) each).getNextException()) {
      int code = each instanceof SMTPAddressFailedException ? ((SMTPAddressFailedException) each).getReturnCode()
          : each instanceof SMTPSendFailedException ? ((SMTPSendFailedException) each).getReturnCode()
          : each instanceof SMTPSenderFailedException ? ((SMTPSenderFailedException) each).getReturnCode() : 0;
      if (code >= 400 && code < 500) return 75;
      if (code >= 500) status = 69;
    }
    return status;
  }
}
