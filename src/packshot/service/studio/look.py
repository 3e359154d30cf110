"""How the studio looks: its own theme, in light and dark, with fonts that are on the machine."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from packshot.service.studio.words import Words

FONTS = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

# A deep green that stands out on warm paper, and its light sister for the dark.
_ACCENT = gr.themes.Color(
    "#e8f4f1",
    "#cfe8e2",
    "#a3d4ca",
    "#6fd0bf",
    "#3aa694",
    "#1c7f70",
    "#0f5c52",
    "#0c4b43",
    "#0a3d37",
    "#082f2a",
    "#05201d",
)
_PAPER = gr.themes.Color(
    "#faf9f6",
    "#f4f2ec",
    "#e7e3da",
    "#d4cfc3",
    "#a19c91",
    "#6d6a62",
    "#55534d",
    "#3d3e3d",
    "#2a2d2e",
    "#1d2022",
    "#141617",
)

_CSS = Path(__file__).with_name("studio.css").read_text(encoding="utf-8")
_SCRIPT = Path(__file__).with_name("studio.js").read_text(encoding="utf-8")


def theme() -> gr.themes.Base:
    """The theme."""
    base = gr.themes.Base(
        primary_hue=_ACCENT,
        secondary_hue=_ACCENT,
        neutral_hue=_PAPER,
        radius_size=gr.themes.sizes.radius_md,
        spacing_size=gr.themes.sizes.spacing_md,
        text_size=gr.themes.sizes.text_md,
        font=FONTS,
        font_mono=MONO,
    )
    return base.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="#1f2328",
        body_text_color_dark="#ebe9e4",
        body_text_color_subdued="#55534d",
        body_text_color_subdued_dark="#b3afa6",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="*neutral_950",
        block_background_fill="#ffffff",
        block_background_fill_dark="*neutral_900",
        block_border_width="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_text_color="*body_text_color",
        block_label_text_color_dark="*body_text_color",
        block_title_text_color="*body_text_color",
        block_title_text_color_dark="*body_text_color",
        block_title_text_weight="600",
        block_info_text_color="*body_text_color_subdued",
        block_info_text_color_dark="*body_text_color_subdued",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        border_color_accent="*primary_600",
        border_color_accent_dark="*primary_300",
        input_background_fill="#ffffff",
        input_background_fill_dark="*neutral_950",
        input_border_color="#8d887c",
        input_border_color_dark="#6d6a62",
        input_border_color_focus="*primary_600",
        input_border_color_focus_dark="*primary_300",
        input_placeholder_color="#6d6a62",
        input_placeholder_color_dark="#a19c91",
        input_border_width="1px",
        input_shadow_focus="0 0 0 3px rgba(28, 127, 112, 0.25)",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="*primary_300",
        button_primary_background_fill_hover_dark="*primary_200",
        button_primary_text_color_dark="#06201c",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="#8d887c",
        button_secondary_border_color_dark="#6d6a62",
        button_secondary_text_color="*body_text_color",
        button_secondary_text_color_dark="*body_text_color",
        button_border_width="1px",
        button_large_text_weight="600",
        checkbox_background_color_selected="*primary_600",
        checkbox_background_color_selected_dark="*primary_400",
        checkbox_border_color="#8d887c",
        checkbox_border_color_dark="#8d887c",
        checkbox_label_background_fill="transparent",
        checkbox_label_background_fill_dark="transparent",
        checkbox_label_background_fill_selected="*primary_50",
        checkbox_label_background_fill_selected_dark="*primary_900",
        checkbox_label_border_color="#8d887c",
        checkbox_label_border_color_dark="#6d6a62",
        checkbox_label_text_color_selected="*body_text_color",
        checkbox_label_text_color_selected_dark="*body_text_color",
        link_text_color="*primary_600",
        link_text_color_dark="*primary_300",
        slider_color="*primary_600",
        slider_color_dark="*primary_300",
        loader_color="*primary_600",
        loader_color_dark="*primary_300",
    )


def head(words: Words) -> str:
    """What the page's head holds: its language, and a script of our own."""
    told = json.dumps({"html": words.html, "language": words.language, "copied": words.copied})
    return (
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        # Here and not as Gradio's css, which would put a prefix before every rule, those for narrow screens included.
        f"<style>{_CSS}</style><script>window.packshot = {told};\n{_SCRIPT}</script>"
    )
