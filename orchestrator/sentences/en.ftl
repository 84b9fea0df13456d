# What the program says, in English: for an administrator who reads it once. Short, plain, the field's own words.
#
# A message has the code and the parameters that it is declared with (`@message` in the code). Reasons and remedies begin
# in lower case, have no full stop, and do not name the host; `.remedy` is what to do about it. Numbers come without grouping; `none`, `true` and `false` are
# what a selector sees of a parameter that is missing, or is a yes or a no.

## Of everything

verbatim = { $text }
several = { $messages }
nothing-to-do = nothing to do
