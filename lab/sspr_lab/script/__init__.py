"""Windows Script Host as far as the lab has it: a part of VBScript, and the objects that scripts can make."""
