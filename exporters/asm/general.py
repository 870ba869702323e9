"""What instructions on ARM's general registers have in common, in Thumb-2 and A64."""

from __future__ import annotations


class GeneralRegisters:
    """Writes instructions for `{0}` and so on, numbers of registers whose names start with `letter`."""

    letter: str

    def logic(self, name: str, rotation: int = 0) -> str:
        """`{0} = {1} name ror({2}, rotation)`."""
        return self._named(f"{name} @{{0}}, @{{1}}, @{{2}}" + (f", ror #{rotation}" if rotation else ""))

    def turned(self, rotation: int) -> str:
        """`{0} = ror({1}, rotation)`."""
        return self._named(f"ror @{{0}}, @{{1}}, #{rotation}" if rotation else "mov @{0}, @{1}")

    def inverse(self) -> str:
        """`{0} = ~{1}`."""
        return self._named("mvn @{0}, @{1}")

    def insert(self, bits: int) -> str:
        """So many low bits of `{2}` go to `{0}`, which is `{1}`."""
        return self._named(f"bfi @{{0}}, @{{2}}, #0, #{bits}")

    def lowest(self, bits: int) -> str:
        """`{0}` is so many low bits of `{1}`."""
        return self._named(f"ubfx @{{0}}, @{{1}}, #0, #{bits}")

    def _named(self, text: str) -> str:
        return text.replace("@", self.letter)
