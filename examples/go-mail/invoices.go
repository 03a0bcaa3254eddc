// Package invoices is an application that mails invoices: what could not be sent is sent with the next run of its job.
package invoices

import (
	"errors"

	"github.com/wneessen/go-mail"
)

// Invoice for one customer.
type Invoice struct {
	Customer string
	State    string // unsent, sent, failed
	Trouble  error  // what its author reads
	ID       string // the Message-ID, one for all tries: a server that has the message already can tell
}

// RunJob sends all that is unsent.
func RunJob(invoices []*Invoice, host string, port int) error {
	client, err := mail.NewClient(host, mail.WithPort(port), mail.WithTLSPolicy(mail.NoTLS), mail.WithHELO("shop.test"))
	if err != nil {
		return err
	}
	for _, invoice := range invoices {
		if invoice.State != "unsent" {
			continue
		}
		message := mail.NewMsg()
		if err := errors.Join(message.From("billing@shop.test"), message.To(invoice.Customer)); err != nil {
			return err
		}
		message.SetMessageIDWithValue(invoice.ID)
		message.Subject("Your invoice")
		message.SetBodyString(mail.TypeTextPlain, "Please pay.\n")
		invoice.Trouble = client.DialAndSend(message)
		var refused *mail.SendError
		switch {
		case invoice.Trouble == nil:
			invoice.State = "sent"
		case errors.As(invoice.Trouble, &refused) && refused.ErrorCode() >= 500:
			invoice.State = "failed" // else: once more
		}
	}
	return nil
}
