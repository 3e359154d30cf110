"""packshot behind an address: an HTTP API, jobs that outlive the process, and a studio page."""
