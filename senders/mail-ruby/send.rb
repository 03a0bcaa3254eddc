# The gem mail, as its manual shows it.
require 'json'
require 'mail'

task = JSON.parse(File.read(ENV['TEMPFAIL_HANDOVER']))
timeout = [5, 600 / task['time_scale']].max
mail = Mail.new(File.binread(task['message']))
mail.smtp_envelope_from = task['sender']
mail.smtp_envelope_to = task['recipients']
mail.delivery_method :smtp, address: task['host'], port: task['port'], domain: 'sender.test', tls: task['tls_mode'] == 'implicit',
                            enable_starttls_auto: task['tls'] == 'opportunistic', openssl_verify_mode: 'none',
                            open_timeout: timeout, read_timeout: timeout
begin
  mail.deliver!
rescue Net::SMTPFatalError, Net::SMTPSyntaxError => failure
  warn failure
  exit 69
rescue Net::SMTPServerBusy, Net::OpenTimeout, Net::ReadTimeout, SystemCallError, IOError => failure
  warn failure
  exit 75
end
