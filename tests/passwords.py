"""A source of secrets that knows one."""

from dataclasses import dataclass, field

from orchestrator.model.secret import Secret


@dataclass
class Passwords:
    """Gives one password, or passphrase, for every reference."""

    password: str
    asked: list[str] = field(default_factory=list)

    def resolve(self, reference: str) -> Secret:
        self.asked.append(reference)
        return Secret(self.password)
