"""Feature sets and levels, under the names that opensmile has for them."""

from __future__ import annotations

import difflib
import enum
from typing import TYPE_CHECKING, Any

#: The sets that there are, in words.
_SETS = "eGeMAPSv02, eGeMAPSv01b, eGeMAPSv01a (eGeMAPS), GeMAPSv01b and GeMAPSv01a (GeMAPS)"


class _Sentences(enum.EnumMeta):
    """Says what there is where a set is asked for that is not there."""

    if not TYPE_CHECKING:  # to whoever checks types, what is not there is an error as always

        def __getattr__(cls, name: str) -> Any:
            members = cls.__dict__.get("_member_map_", {})
            if name in members:
                return members[name]
            if name.startswith("_"):
                raise AttributeError(name)
            there_are = _SETS if cls.__name__ == "FeatureSet" else ", ".join(members)
            raise AttributeError(
                f"there is no {cls.__name__} {name} in Earnest; there are {there_are}{_nearest(name, list(members))}"
            )


def _nearest(given: object, names: list[str]) -> str:
    """A question after the name that is most like the one that was given, where one is."""
    by_small = {name.lower(): name for name in names}
    near = difflib.get_close_matches(str(given).lower(), by_small, n=1, cutoff=0.8)
    return f"; did you mean {by_small[near[0]]}?" if near else ""


class FeatureSet(enum.Enum, metaclass=_Sentences):
    """Which descriptors are made. Names and values are opensmile's; of its sets these are here.

    ``GeMAPS`` is another name of ``GeMAPSv01a``, and ``eGeMAPS`` of ``eGeMAPSv01a``.

    >>> from earnest import FeatureSet
    >>> FeatureSet.eGeMAPS is FeatureSet.eGeMAPSv01a
    True
    >>> FeatureSet.ComParE_2016
    Traceback (most recent call last):
    AttributeError: there is no FeatureSet ComParE_2016 in Earnest; there are eGeMAPSv02, ...
    """

    GeMAPS = "gemaps/v01a/GeMAPSv01a"
    GeMAPSv01a = "gemaps/v01a/GeMAPSv01a"
    GeMAPSv01b = "gemaps/v01b/GeMAPSv01b"
    eGeMAPS = "egemaps/v01a/eGeMAPSv01a"
    eGeMAPSv01a = "egemaps/v01a/eGeMAPSv01a"
    eGeMAPSv01b = "egemaps/v01b/eGeMAPSv01b"
    eGeMAPSv02 = "egemaps/v02/eGeMAPSv02"

    @classmethod
    def of(cls, given: FeatureSet | str) -> FeatureSet:
        """The set of this name. Raises :class:`earnest.EarnestError` where there is none."""
        found: FeatureSet = _member(cls, given, f"feature set; there are {_SETS}")
        return found


class FeatureLevel(enum.Enum, metaclass=_Sentences):
    """What is made of the descriptors. Names and values are opensmile's."""

    LowLevelDescriptors = "lld"
    LowLevelDescriptors_Deltas = "lld_de"
    Functionals = "func"

    @classmethod
    def of(cls, given: FeatureLevel | str) -> FeatureLevel:
        """The level of this name or value, for example ``"Functionals"`` or ``"func"``.

        Raises :class:`earnest.EarnestError` where there is none, and of deltas, which no set here has.
        """
        level: FeatureLevel = _member(
            cls,
            given,
            "feature level; there are LowLevelDescriptors ('lld') and Functionals ('func')",
        )
        if level is cls.LowLevelDescriptors_Deltas:
            from earnest._earnest import EarnestError

            raise EarnestError(
                "the feature level LowLevelDescriptors_Deltas is of sets that Earnest has not (opensmile has none of "
                "GeMAPS and eGeMAPS either); there are LowLevelDescriptors and Functionals"
            )
        return level


def _member(cls: Any, given: Any, what: str) -> Any:
    from earnest._earnest import EarnestError

    if isinstance(given, cls):
        return given
    # opensmile's own members are taken too, so that its enums may go on being imported.
    value = given.value if isinstance(given, enum.Enum) else given
    if isinstance(value, str):
        if value in cls.__members__:
            return cls.__members__[value]
        for member in cls:
            if member.value == value:
                return member
    raise EarnestError(f"{given!r} is no {what}{_nearest(given, list(cls.__members__))}")


#: What eGeMAPS has and GeMAPS has not, of descriptors and of functionals.
_LARGER = ("spectralFlux", "mfcc", "F2bandwidth", "F3bandwidth", "equivalentSoundLevel")


def settings_of(
    feature_set: FeatureSet,
    level: FeatureLevel,
    window_s: float | None = None,
    hop_s: float | None = None,
) -> tuple[str, list[str] | None]:
    """The front end of a set and level as TOML, and which of its columns are wanted (None: all)."""
    from earnest._earnest import FrontEnd

    early = feature_set in (FeatureSet.eGeMAPSv01a, FeatureSet.GeMAPSv01a)
    front_end = "egemaps-v01a" if early else "egemaps-v02"
    if level is FeatureLevel.Functionals:
        toml = f'name = "functionals"\nset = "{front_end}"\n'
        if window_s is not None:
            toml += f"window_s = {float(window_s)!r}\n"
        if hop_s is not None:
            toml += f"hop_s = {float(hop_s)!r}\n"
    else:
        toml = f'name = "{front_end}"\n'
    columns = FrontEnd(toml).columns
    if feature_set in (FeatureSet.GeMAPSv01a, FeatureSet.GeMAPSv01b):
        return toml, [name for name in columns if not name.startswith(_LARGER)]
    if feature_set is FeatureSet.eGeMAPSv01b and level is FeatureLevel.LowLevelDescriptors:
        later = ("F2bandwidth", "F3bandwidth")
        return toml, [name for name in columns if not name.startswith(later)]
    return toml, None
