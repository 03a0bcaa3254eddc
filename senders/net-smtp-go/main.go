// Go's net/smtp, as its manual shows it. It begins TLS by itself where that is offered, and verifies.
package main

import (
	"encoding/json"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"strconv"
)

func main() {
	var task struct {
		Host       string
		Port       int
		Sender     string
		Recipients []string
		Message    string
	}
	text, _ := os.ReadFile(os.Getenv("TEMPFAIL_HANDOVER"))
	if err := json.Unmarshal(text, &task); err != nil {
		panic(err)
	}
	message, _ := os.ReadFile(task.Message)
	err := smtp.SendMail(net.JoinHostPort(task.Host, strconv.Itoa(task.Port)), nil, task.Sender, task.Recipients, message)
	var reply *textproto.Error
	switch {
	case err == nil:
	case errors.As(err, &reply) && reply.Code >= 500:
		os.Exit(69)
	default:
		os.Exit(75)
	}
}
