module invoices

go 1.25.0

require (
	github.com/wneessen/go-mail v0.8.1
	tempfail v0.2.0
)

require (
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/text v0.40.0 // indirect
)

replace tempfail => ../../fixtures/go
