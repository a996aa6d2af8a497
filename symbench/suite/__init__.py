"""The suite file: its text and lines (`source`), structure (`schema`) and meaning (`resolve`)."""
