<?php // PHPMailer, as its manual shows it. It writes the message itself.
require '/usr/share/php/libphp-phpmailer/autoload.php';

use PHPMailer\PHPMailer\Exception;
use PHPMailer\PHPMailer\PHPMailer;

$task = json_decode(file_get_contents(getenv('TEMPFAIL_HANDOVER')));
if ($task->sender === '') {
    exit(89);  // it takes no empty sender
}
$mail = new PHPMailer(true);
$mail->isSMTP();
$mail->Host = $task->host;
$mail->Port = $task->port;
$mail->Timeout = (int) max(5, 600 / $task->time_scale);
$mail->SMTPAutoTLS = $task->tls !== 'none';
$mail->SMTPSecure = $task->tls_mode === 'implicit' ? 'ssl' : (in_array($task->tls, ['required', 'verified']) ? 'tls' : '');
$mail->SMTPOptions = ['ssl' => $task->tls === 'verified' ? ['cafile' => $task->ca]
    : ['verify_peer' => false, 'verify_peer_name' => false, 'allow_self_signed' => true]];
if ($task->user) {
    [$mail->SMTPAuth, $mail->Username, $mail->Password] = [true, $task->user, $task->password];
}
$mail->getSMTPInstance()->Timelimit = $mail->Timeout;
try {
    $mail->setFrom($task->sender);
    foreach ($task->recipients as $recipient) {
        $mail->addAddress($recipient);
    }
} catch (Exception $failure) {
    exit(89);  // it takes no such address
}
try {
    $mail->Subject = 'tempfail';
    $mail->Body = "A message.\n";
    $mail->send();
} catch (Exception $failure) {
    fwrite(STDERR, $failure->getMessage() . "\n");
    preg_match('/SMTP (?:code|server error)?:? ?(\d{3})|\b([45]\d\d)\b/', $failure->getMessage(), $found);
    $code = (int) ($mail->getSMTPInstance()->getError()['smtp_code'] ?: end($found));
    exit($code === 0 ? 1 : ($code >= 500 ? 69 : 75));  // 1: it failed, and does not say how
}
