"""The manual: what F1 shows on each screen, in Markdown."""

DASHBOARD = """
# Dashboard

The upper chart has the loss of each window (faint), its mean (line) and the validation loss (marks). The lower one
shows how much of an error reaches the states before it: **‖dL/dh‖**, from the last step of a window back to its
first, in layer 0 (L0), layer 1 (L1) and so on. A line that falls fast is a gradient that vanishes.

| key | does |
|---|---|
| space | pauses, goes on |
| e, s, w | evaluates, samples, saves (writes) now |
| + and - | raises or lowers the learning rate by a quarter |
| b | takes the best weights back |
| x | saves and stops |
| u, l, r, m | unit, logarithmic scale, range, marks of the chart |
| p | plays with the model as it is now |
| q | leaves; the run can train on |

All of it is written to the run's journal. `charrnn tell RUN COMMAND` does the same from a shell.
"""

SAMPLER = """
# Sampler

The text is the model's; a character that surprised it is **bold** (4 bits or more) or *reversed* (7 or more), one of
yours is in italics, and what stands in the training text word for word, 20 characters or more, is underlined. At
the right is what may come next: the bar is what is drawn from, the mark │ in it what the model says by itself.

| key | does |
|---|---|
| space | runs, pauses |
| right, left | one character on or back; at the end of the text, right draws a new one |
| page up, page down, home, end | 20 characters back or on, the beginning, the end |
| 1 to 9, or a click on a bar | takes the n-th likeliest |
| i | type; escape ends it |
| up, down | the branch before, the branch after; a branch begins where another character is chosen |
| t T, k K, p P | temperature, top-k, top-p: down, up |
| < > | speed |
| b | lists the branches, and compares two |
| n, d | names this branch, deletes it |
| w | writes all branches to files in the run's folder |
| r | takes the newest weights of a run that is being trained |
"""

COMPLETION = """
# Completion

Write, and the model says how the word may end or which word may come next. The bars are exact probabilities: of all
the ways in which the text can go on, the share that goes on with this word and ends it there.

| key | does |
|---|---|
| tab | takes the suggestion behind the cursor |
| shift+tab | suggests the next word of the list |
| a click on a word | takes it |

Below stands how many keys the suggestions have saved: keys pressed against characters written.
"""

INSPECTOR = """
# Inspector

The text is one that the model was not trained on. Its colour is the activation of one unit, after each character:
**green and bold** where it is near +1, *red and in italics* where it is near -1, plain where it is small.

The list has the units that follow something best: quotes, the place in a line, words, a speaker's name. *r* is the
correlation. Below stand the layers: the spectral radius of Wh (a gradient shrinks or grows by it at each step), its
largest singular value σ, the share of units that are saturated, |h| > 0.97, and the norms of its weights.

| key | does |
|---|---|
| up, down | the unit before, the unit after |
| right, left | the unit after or before it in its layer |
| g | any unit, as LAYER:UNIT |
| t | reads a text of yours |
"""

HOME = """
# Home

Above, the runs in `runs/`, the latest first: what they learned from, their size, how far they got and their best
validation loss. Below, the texts that come with charrnn.

| key | does |
|---|---|
| enter | on a run: plays with it; on a text: trains on it |
| w | watches the run, as it learns or as it learned |
| o | trains on a text of your own |
| r | looks again |
"""
