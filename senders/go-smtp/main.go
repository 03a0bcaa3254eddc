// emersion's go-smtp, as its manual shows it.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log"
	"math"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/emersion/go-smtp"
)

type handover struct {
	Host, Sender, TLS, Ca, Message string
	TLSMode                        string `json:"tls_mode"`
	Port                           int
	Recipients                     []string
	TimeScale                      float64 `json:"time_scale"`
}

func dial(task handover) (*smtp.Client, error) {
	address := net.JoinHostPort(task.Host, strconv.Itoa(task.Port))
	trust := &tls.Config{ServerName: task.Host, InsecureSkipVerify: task.TLS != "verified"}
	if task.TLS == "verified" {
		authority, _ := os.ReadFile(task.Ca)
		trust.RootCAs = x509.NewCertPool()
		trust.RootCAs.AppendCertsFromPEM(authority)
	}
	switch {
	case task.TLSMode == "implicit":
		return smtp.DialTLS(address, trust)
	case task.TLS == "none":
		return smtp.Dial(address)
	}
	return smtp.DialStartTLS(address, trust)
}

func send(task handover) error {
	client, err := dial(task)
	if err != nil {
		return err
	}
	defer client.Close()
	seconds := math.Max(5, 600/task.TimeScale)
	client.CommandTimeout = time.Duration(seconds * float64(time.Second))
	client.SubmissionTimeout = client.CommandTimeout
	message, err := os.Open(task.Message)
	if err != nil {
		return err
	}
	if err := client.SendMail(task.Sender, task.Recipients, message); err != nil {
		return err
	}
	return client.Quit()
}

func main() {
	var task handover
	text, _ := os.ReadFile(os.Getenv("TEMPFAIL_HANDOVER"))
	if err := json.Unmarshal(text, &task); err != nil {
		log.Fatal(err)
	}
	err := send(task)
	var reply *smtp.SMTPError
	switch {
	case err == nil:
	case errors.As(err, &reply) && !reply.Temporary():
		log.Print(err)
		os.Exit(69)
	default:
		log.Print(err)
		os.Exit(75)
	}
}
