// go-mail, as its manual shows it. It writes the message itself.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log"
	"math"
	"os"
	"time"

	"github.com/wneessen/go-mail"
)

func main() {
	var task struct {
		Host, Sender, TLS, Ca string
		TLSMode               string `json:"tls_mode"`
		Port                  int
		Recipients            []string
		TimeScale             float64 `json:"time_scale"`
	}
	text, _ := os.ReadFile(os.Getenv("TEMPFAIL_HANDOVER"))
	if err := json.Unmarshal(text, &task); err != nil {
		log.Fatal(err)
	}
	policy := map[string]mail.TLSPolicy{"none": mail.NoTLS, "opportunistic": mail.TLSOpportunistic}
	chosen, known := policy[task.TLS]
	if !known {
		chosen = mail.TLSMandatory
	}
	trust := &tls.Config{ServerName: task.Host, InsecureSkipVerify: task.TLS != "verified"}
	if task.TLS == "verified" {
		authority, _ := os.ReadFile(task.Ca)
		trust.RootCAs = x509.NewCertPool()
		trust.RootCAs.AppendCertsFromPEM(authority)
	}
	seconds := math.Max(5, 600/task.TimeScale)
	options := []mail.Option{mail.WithPort(task.Port), mail.WithTLSPolicy(chosen), mail.WithTLSConfig(trust),
		mail.WithHELO("sender.test"), mail.WithTimeout(time.Duration(seconds * float64(time.Second)))}
	if task.TLSMode == "implicit" {
		options = append(options, mail.WithSSL())
	}
	client, err := mail.NewClient(task.Host, options...)
	if err != nil {
		log.Fatal(err)
	}
	message := mail.NewMsg()
	if err := errors.Join(message.From(task.Sender), message.To(task.Recipients...)); err != nil {
		log.Print(err)
		os.Exit(89) // it takes no such address
	}
	message.Subject("tempfail")
	message.SetBodyString(mail.TypeTextPlain, "A message.")
	err = client.DialAndSend(message)
	var failure *mail.SendError
	switch {
	case err == nil:
	case errors.As(err, &failure):
		log.Print(err)
		switch code := failure.ErrorCode(); {
		case failure.IsTemp():
			os.Exit(75)
		case code >= 500:
			os.Exit(69)
		}
		os.Exit(1) // it failed, and does not say how
	default:
		log.Fatal(err)
	}
}
