module send

go 1.24

require github.com/wneessen/go-mail v0.8.1
