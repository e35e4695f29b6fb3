module cloudjob

go 1.26
