"""The words of the project as small frozen types. Nothing here knows where a fact came from."""
