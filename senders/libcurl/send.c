/* libcurl, as its manual shows it (smtp-mail.c). Arguments: host, port, sender, the message's file, what to do about TLS, how it is
   spoken, the authority's file, the time scale, user, password. The recipients are in TEMPFAIL_RECIPIENTS. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char** argument) {
  if (count == 2) return printf("libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version) < 0;
  char url[256], sender[512];
  const char *tls = argument[5], *user = argument[9];
  const int implicit = strcmp(argument[6], "implicit") == 0, verified = strcmp(tls, "verified") == 0;
  const int seconds = atof(argument[8]) > 120 ? 5 : (int)(600 / atof(argument[8]));
  snprintf(url, sizeof url, "%s://%s:%s/sender.test", implicit ? "smtps" : "smtp", argument[1], argument[2]);
  snprintf(sender, sizeof sender, "<%s>", argument[3]);
  CURL* curl = curl_easy_init();
  struct curl_slist* recipients = NULL;
  for (char* each = strtok(getenv("TEMPFAIL_RECIPIENTS"), " "); each; each = strtok(NULL, " "))
    recipients = curl_slist_append(recipients, each);
  FILE* message = fopen(argument[4], "rb");
  if (!curl || !message) return 1;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender);
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(curl, CURLOPT_READDATA, message);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)seconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 4L * seconds);
  curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)seconds); /* of the reply to QUIT, too */
  curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(strcmp(tls, "none") == 0 ? CURLUSESSL_NONE
                                                  : strcmp(tls, "opportunistic") == 0 ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (verified) curl_easy_setopt(curl, CURLOPT_CAINFO, argument[7]);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, (long)verified);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, verified ? 2L : 0L);
  if (*user) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, argument[10]);
  }
  const CURLcode result = curl_easy_perform(curl);
  long code = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  curl_easy_cleanup(curl); /* says QUIT */
  if (result == CURLE_OK) return 0;
  fprintf(stderr, "%s (%ld)\n", curl_easy_strerror(result), code);
  return code >= 500 ? 69 : 75;
}
