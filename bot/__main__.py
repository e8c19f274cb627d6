"""`python -m bot` is `kaimono`."""

from bot.cli import main

if __name__ == "__main__":
    main()
