# Perl's Net::SMTP, as its manual shows it.
use strict;
use warnings;
use JSON::PP;
use Net::SMTP;

sub slurp { open my $file, '<:raw', shift or die $!; local $/; return <$file> }
my $task = decode_json(slurp($ENV{TEMPFAIL_HANDOVER}));
my $smtp = Net::SMTP->new($task->{host}, Port => $task->{port}, Timeout => $task->{time_scale} > 120 ? 5 : 600 / $task->{time_scale}) or exit 75;
my $refused;    # the code of a recipient that was refused
my $good = $smtp->mail($task->{sender});
if ($good) {
    for my $recipient (@{$task->{recipients}}) {
        $smtp->to($recipient) or $refused = $smtp->code;
        $good = 0 if !$smtp->ok && $smtp->code == 421;
    }
}
$good &&= $smtp->data(slurp($task->{message}));
my $code = $good ? $refused : $smtp->code || $refused;
$smtp->quit;
exit 0 if $good && !$refused;
exit($code && $code >= 500 && $code != 599 ? 69 : 75);    # 599 and 000 are its own: the connection was lost
