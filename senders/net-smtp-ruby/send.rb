# Ruby's Net::SMTP, as its manual shows it.
require 'json'
require 'net/smtp'

task = JSON.parse(File.read(ENV['TEMPFAIL_HANDOVER']))
context = OpenSSL::SSL::SSLContext.new
if task['tls'] == 'verified'
  context.set_params(ca_file: task['ca'])
else
  context.verify_mode = OpenSSL::SSL::VERIFY_NONE
end
smtp = Net::SMTP.new(task['host'], task['port'])
smtp.open_timeout = smtp.read_timeout = [5, 600 / task['time_scale']].max
smtp.disable_starttls if smtp.respond_to?(:disable_starttls)
if task['tls_mode'] == 'implicit'
  smtp.enable_tls(context)
elsif task['tls'] == 'opportunistic'
  smtp.enable_starttls_auto(context)
elsif task['tls'] != 'none'
  smtp.enable_starttls(context)
end
begin
  smtp.start('sender.test') { |it| it.send_message(File.binread(task['message']), task['sender'], task['recipients']) }
rescue Net::SMTPFatalError, Net::SMTPSyntaxError => failure
  warn failure
  exit 69
rescue Net::SMTPServerBusy, Net::OpenTimeout, Net::ReadTimeout, SystemCallError, IOError => failure
  warn failure
  exit 75
end
