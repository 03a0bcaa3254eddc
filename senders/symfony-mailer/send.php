<?php // Symfony's Mailer, as its manual shows it, with a message that is written already.
require '/usr/share/php/Symfony/Component/Mailer/autoload.php';

use Symfony\Component\Mailer\Envelope;
use Symfony\Component\Mailer\Exception\TransportExceptionInterface;
use Symfony\Component\Mailer\Mailer;
use Symfony\Component\Mailer\Transport\Smtp\EsmtpTransport;
use Symfony\Component\Mime\Address;
use Symfony\Component\Mime\Exception\ExceptionInterface;
use Symfony\Component\Mime\RawMessage;

$task = json_decode(file_get_contents(getenv('TEMPFAIL_HANDOVER')));
$transport = new EsmtpTransport($task->host, $task->port, $task->tls_mode === 'implicit');
$transport->setLocalDomain('sender.test');
$transport->getStream()->setTimeout(max(5, 600 / $task->time_scale));
$transport->getStream()->setStreamOptions(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
if ($task->user) {
    $transport->setUsername($task->user)->setPassword($task->password);
}
try {
    $envelope = new Envelope(new Address($task->sender), array_map(fn ($one) => new Address($one), $task->recipients));
} catch (ExceptionInterface $failure) {
    exit(89);  // it takes no such address
}
try {
    (new Mailer($transport))->send(new RawMessage(file_get_contents($task->message)), $envelope);
} catch (TransportExceptionInterface $failure) {
    fwrite(STDERR, $failure->getMessage() . "\n");
    $code = $failure->getCode();
    exit($code >= 500 ? 69 : ($code >= 400 ? 75 : 1));  // 1: it failed, and does not say how
}
