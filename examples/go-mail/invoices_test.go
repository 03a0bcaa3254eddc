package invoices

// The three tests that everybody wants.

import (
	"reflect"
	"testing"

	"tempfail"
)

const customer = "you@example.test"

func run(t *testing.T, server *tempfail.Test, invoice *Invoice) {
	t.Helper()
	if err := RunJob([]*Invoice{invoice}, server.Host, server.Port); err != nil {
		t.Fatal(err)
	}
}

func invoice() *Invoice { return &Invoice{Customer: customer, State: "unsent", ID: "1@shop.test"} }

func TestRetriedOn452(t *testing.T) {
	server := tempfail.Start(t, "disk-full", tempfail.Options{Role: "queueing"})
	it := invoice()
	run(t, server, it)
	if it.State != "unsent" || it.Trouble == nil {
		t.Fatalf("%+v", it)
	}
	server.Advance("1h")
	run(t, server, it)
	message, err := server.Accepted(1)[0].Message()
	if err != nil || message.Header.Get("Subject") != "Your invoice" {
		t.Fatal(message, err)
	}
	server.AssertPassed()
}

func TestNoDuplicateWhenTheConnectionDropsAfterTheDot(t *testing.T) {
	server := tempfail.Start(t, "closed-after-final-dot", tempfail.Options{Role: "queueing"})
	it := invoice()
	for range 3 {
		run(t, server, it)
		server.Advance("1h")
	}
	accepted := server.Accepted(0)
	if len(accepted) != 1 || !reflect.DeepEqual(accepted[0].Recipients, []string{customer}) {
		t.Fatal(accepted)
	}
	server.AssertPassed()
}

func TestA5xxReachesTheUser(t *testing.T) {
	server := tempfail.Start(t, "no-such-user", tempfail.Options{Role: "one-shot"})
	server.Expect("billing@shop.test", []string{customer}, "")
	it := invoice()
	run(t, server, it)
	if it.State != "failed" {
		t.Fatalf("%+v", it)
	}
	server.Report(it.Trouble)
	server.AssertPassed()
}
