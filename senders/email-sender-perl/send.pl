# Perl's Email::Sender, as its manual shows it.
use strict;
use warnings;
use Email::Sender::Simple qw(sendmail);
use Email::Sender::Transport::SMTP;
use JSON::PP;

sub slurp { open my $file, '<:raw', shift or die $!; local $/; return <$file> }
my $task = decode_json(slurp($ENV{TEMPFAIL_HANDOVER}));
my $timeout = 600 / $task->{time_scale};
my $ssl = $task->{tls_mode} eq 'implicit' ? 'ssl' : $task->{tls} eq 'required' ? 'starttls' : 0;
eval {
    my $transport = Email::Sender::Transport::SMTP->new({
        hosts => [$task->{host}], port => $task->{port}, ssl => $ssl, timeout => $timeout < 5 ? 5 : $timeout,
        helo => 'sender.test', ssl_options => { SSL_verify_mode => 0 } });
    sendmail(slurp($task->{message}), { from => $task->{sender}, to => $task->{recipients}, transport => $transport });
    1;
} and exit 0;
my $failure = $@;
warn $failure;
exit 1 unless ref $failure;
exit 69 if $failure->isa('Email::Sender::Failure::Permanent');
exit 75 if $failure->isa('Email::Sender::Failure::Temporary');
exit 1;    # it says that it failed, and not how
