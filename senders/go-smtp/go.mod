module send

go 1.24

require github.com/emersion/go-smtp v0.25.1
