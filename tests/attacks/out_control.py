# tries: to repaint the terminal of who reads what it prints
# must: score == 100
# why: it is right; nothing of the text is shown as it is

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        print(
            "\x1b[2J\x1b[1;1H\x1b]0;owned\x07 100 of 100 \u202egnorw \u2066 \x9b31m \x00",
            "<script>alert(1)</script>",
        )
        return super().forward(*given)
