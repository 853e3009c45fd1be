"""What goes wrong through no fault of the program."""


class UserError(Exception):
    """Input that cannot be used: the message is the one line that the user sees, with the cause and the next step."""
