from packshot.cli import main

main()
