/* libESMTP, as its manual shows it (mail-file.c). Arguments: host:port, sender, the message's file, the time scale. The
   recipients are in TEMPFAIL_RECIPIENTS. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libesmtp.h>

static int worst; /* of the recipients: 0, 69, 75 */

static void look(smtp_recipient_t recipient, const char* mailbox, void* unused) {
  const smtp_status_t* status = smtp_recipient_status(recipient);
  (void)unused;
  if (status->code / 100 == 2) return;
  fprintf(stderr, "%s: %d %s\n", mailbox, status->code, status->text ? status->text : "");
  if (status->code / 100 == 5 && worst == 0) worst = 69;
  else if (status->code / 100 != 5) worst = 75;
}

int main(int count, char** argument) {
  char version[64];
  if (count == 2) return smtp_version(version, sizeof version, 0) && printf("libESMTP %s\n", version) < 0;
  signal(SIGPIPE, SIG_IGN);
  smtp_session_t session = smtp_create_session();
  smtp_message_t message = smtp_add_message(session);
  smtp_set_server(session, argument[1]);
  smtp_set_hostname(session, "sender.test");
  const int seconds = atof(argument[4]) > 120 ? 5 : (int)(600 / atof(argument[4]));
  for (int timeout = Timeout_GREETING; timeout <= Timeout_DATA2; timeout++)
    smtp_set_timeout(session, timeout | Timeout_OVERRIDE_RFC2822_MINIMUM, 1000L * seconds);
  smtp_set_reverse_path(message, *argument[2] ? argument[2] : NULL);
  smtp_set_message_fp(message, fopen(argument[3], "rb"));
  for (char* each = strtok(getenv("TEMPFAIL_RECIPIENTS"), " "); each; each = strtok(NULL, " "))
    smtp_add_recipient(message, each);
  if (!smtp_start_session(session)) {
    char text[128];
    fprintf(stderr, "%s\n", smtp_strerror(smtp_errno(), text, sizeof text));
    return 75;
  }
  const smtp_status_t* status = smtp_message_transfer_status(message);
  smtp_enumerate_recipients(message, look, NULL);
  if (worst != 0) return worst;
  return status->code / 100 == 2 ? 0 : status->code / 100 == 5 ? 69 : 75;
}
