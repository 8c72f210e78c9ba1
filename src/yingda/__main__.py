"""`python -m yingda` is the command `yingda`."""

from yingda.cli import main

if __name__ == "__main__":
    main()
