"""The few pieces of WordprocessingML that python-docx has no call for."""

from __future__ import annotations

from typing import Any

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.parts.numbering import NumberingPart

_BULLETS = ("•", "–", "•", "–", "•", "–", "•", "–", "•")
_FORMATS = ("decimal", "lowerLetter", "lowerRoman") * 3
_AFTER_BORDERS = ("w:shd", "w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark")
_AFTER_COMPAT = (
    "w:docVars", "w:rsids", "m:mathPr", "w:attachedSchema", "w:themeFontLang", "w:clrSchemeMapping",
    "w:doNotIncludeSubdocsInStats", "w:shapeDefaults", "w:doNotEmbedSmartTags", "w:decimalSymbol", "w:listSeparator",
)  # fmt: skip
_AFTER_PARAGRAPH_BORDERS = (
    "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct", "w:topLinePunct",
    "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
    "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
    "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange",
)  # fmt: skip


def element(tag: str, **attributes: str) -> Any:
    """A `w:` element with `w:` attributes; a trailing underscore in a name is dropped."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name.rstrip('_')}"), value)
    return made


def shade(cell: Any, colour: str) -> None:
    """Fills a table cell."""
    made = element("shd", val="clear", color="auto", fill=colour)
    cell._tc.get_or_add_tcPr().insert_element_before(made, *_AFTER_BORDERS[1:])


def cell_padding(table: Any, points: float) -> None:
    """The space left and right of the text in every cell."""
    margins = element("tblCellMar")
    for side in ("left", "right"):
        margins.append(element(side, w=str(int(points * 20)), type_="dxa"))
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook", "w:tblCaption", "w:tblDescription")


def cell_borders(cell: Any, **sides: tuple[str, int]) -> None:
    """Borders of one cell by side: (colour, width in eighths of a point); width 0 is none."""
    cell._tc.get_or_add_tcPr().insert_element_before(_borders("tcBorders", sides), *_AFTER_BORDERS)


def paragraph_borders(paragraph: Any, **sides: tuple[str, int]) -> None:
    """Lines beside, over or under a paragraph."""
    paragraph._p.get_or_add_pPr().insert_element_before(_borders("pBdr", sides, space="4"), *_AFTER_PARAGRAPH_BORDERS)


def paragraph_shade(paragraph: Any, colour: str) -> None:
    """Fills the ground of a paragraph."""
    made = element("shd", val="clear", color="auto", fill=colour)
    paragraph._p.get_or_add_pPr().insert_element_before(made, *_AFTER_PARAGRAPH_BORDERS[1:])


def _borders(tag: str, sides: dict[str, tuple[str, int]], space: str = "0") -> Any:
    made = element(tag)
    for side in ("top", "left", "bottom", "right"):
        if side in sides:
            colour, width = sides[side]
            made.append(element(side, val="single" if width else "nil", sz=str(width), space=space, color=colour))
    return made


def add_field(paragraph: Any, code: str, shown: str = "1") -> None:
    """A field such as PAGE or NUMPAGES; `shown` stands there until Word counts."""
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("shown", shown), ("end", "")):
        run = paragraph.add_run()
        if kind == "shown":
            run.text = text
        elif kind:
            run._r.append(element("fldChar", fldCharType=kind))
        else:
            made = element("instrText")
            made.set(qn("xml:space"), "preserve")
            made.text = f" {text} "
            run._r.append(made)


def add_link(paragraph: Any, url: str) -> Any:
    """An empty hyperlink at the end of a paragraph; runs are moved into it."""
    relation = paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    made = element("hyperlink")
    made.set(qn("r:id"), relation)
    paragraph._p.append(made)
    return made


def set_language(styles: Any, language: str) -> None:
    """The proofing language of the whole document."""
    defaults = styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    if defaults is None:
        defaults = styles["Normal"].element.get_or_add_rPr()
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(element("lang", val=language, eastAsia=language))


def modern(document: Any) -> None:
    """Tells Word to lay the document out as its present version does, with tables flush with the text."""
    settings = document.settings.element
    for old in settings.findall(qn("w:compat")):
        settings.remove(old)
    compat = element("compat")
    uri = "http://schemas.microsoft.com/office/word"
    compat.append(element("compatSetting", name="compatibilityMode", uri=uri, val="15"))
    settings.insert_element_before(compat, *_AFTER_COMPAT)


class Numbering:
    """Lists of the document: one shape for bullets, one for numbers, and a fresh count for every list."""

    def __init__(self, document: Any, indent_pt: float, colour: str) -> None:
        self._root = _numbering_root(document)
        self._indent = indent_pt
        self._colour = colour
        self._shapes = {ordered: self._shape(ordered) for ordered in (False, True)}

    def new_list(self, ordered: bool, start: int = 1) -> int:
        """The number of a new list that counts from `start`."""
        fresh = self._next("w:num", "w:numId")
        num = element("num", numId=str(fresh))
        num.append(element("abstractNumId", val=str(self._shapes[ordered])))
        if ordered:
            for level in range(9):
                override = element("lvlOverride", ilvl=str(level))
                override.append(element("startOverride", val=str(start if level == 0 else 1)))
                num.append(override)
        last = self._root.find(qn("w:numIdMacAtCleanup"))
        if last is None:
            self._root.append(num)
        else:
            last.addprevious(num)
        return fresh

    def apply(self, paragraph: Any, number: int, level: int) -> None:
        """Makes a paragraph an item of a list."""
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = min(level, 8)
        properties.get_or_add_numId().val = number

    def _next(self, tag: str, attribute: str) -> int:
        used = [int(found.get(qn(attribute), "0")) for found in self._root.findall(qn(tag))]
        return max(used, default=0) + 1

    def _shape(self, ordered: bool) -> int:
        fresh = self._next("w:abstractNum", "w:abstractNumId")
        shape = element("abstractNum", abstractNumId=str(fresh))
        shape.append(element("multiLevelType", val="multilevel"))
        for level in range(9):
            shape.append(self._level(ordered, level))
        first = self._root.find(qn("w:num"))
        if first is None:
            self._root.append(shape)
        else:
            first.addprevious(shape)
        return fresh

    def _level(self, ordered: bool, level: int) -> Any:
        made = element("lvl", ilvl=str(level))
        made.append(element("start", val="1"))
        made.append(element("numFmt", val=_FORMATS[level] if ordered else "bullet"))
        made.append(element("lvlText", val=f"%{level + 1}." if ordered else _BULLETS[level]))
        made.append(element("lvlJc", val="left"))
        left, hanging = str(int(20 * self._indent * (level + 1))), str(int(20 * self._indent * 0.75))
        properties = element("pPr")
        properties.append(element("ind", left=left, hanging=hanging))
        look = element("rPr")
        look.append(element("color", val=self._colour))
        made.append(properties)
        made.append(look)
        return made


def _numbering_root(document: Any) -> Any:
    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.NUMBERING:
            return relation.target_part.element
    root = parse_xml(f"<w:numbering {nsdecls('w')}/>")
    part = NumberingPart(PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING, root, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.NUMBERING)
    return root
