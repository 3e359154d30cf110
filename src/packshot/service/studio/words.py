"""Everything the studio says, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True)
class Words:
    """The studio's words in one language; ``{}`` is filled in."""

    language: Language
    html: str
    title: str
    tagline: str
    other: str
    other_label: str
    theme: str
    api: str
    sign_out: str
    skip: str
    # Draw.
    draw_tab: str
    describe: str
    describe_hint: str
    examples: str
    example_texts: tuple[str, ...]
    market: str
    no_market: str
    count: str
    style: str
    styles: tuple[str, str, str]
    more: str
    seed: str
    seed_hint: str
    model: str
    draw: str
    empty_title: str
    empty: str
    drawing: str
    drawn: str
    seed_of: str
    copy: str
    copied: str
    variations: str
    like: str
    download: str
    variations_of: str
    like_of: str
    # Tables.
    table_tab: str
    table_intro: str
    table_file: str
    per_product: str
    only_missing: str
    submit: str
    no_file: str
    jobs: str
    no_jobs: str
    cancel: str
    resume: str
    states: dict[str, str]
    progress: str
    left: str
    summary: str
    keep: str
    redo: str
    redo_chosen: str
    zip: str
    review: str
    review_hint: str
    page: str
    earlier: str
    later: str
    not_made: str
    # Photos.
    photo_tab: str
    photo_intro: str
    photo_file: str
    enhance: str
    shadow: str
    ai: str
    finish: str
    before: str
    after: str
    rules: str
    passed: str
    failed: str
    marks: dict[str, str]
    notes: str
    # Explain.
    explain_tab: str
    explain_intro: str
    explain: str
    explaining: str
    picture: str
    word_maps: str
    word_maps_hint: str
    nearest: str
    nearest_hint: str
    directions: str
    directions_hint: str
    of_change: str
    # Models.
    model_tab: str
    family: str
    resolution: str
    license: str
    kinds: str
    colors: str
    scores: str
    no_scores: str
    card: str
    samples: str
    ai_notice: str


EN = Words(
    language="en",
    html="en",
    title="packshot studio",
    tagline="Product images from product descriptions",
    other="中文",
    other_label="用中文显示",
    theme="Light or dark",
    api="API",
    sign_out="Sign out",
    skip="Skip to the content",
    draw_tab="Draw",
    describe="Describe the product",
    describe_hint="What it is, its color, material and pattern. English or Chinese.",
    examples="Try one of these",
    example_texts=("red dress", "blue striped shirt", "black leather shoes", "green T-shirt for kids", "白色卫衣"),
    market="For which market",
    no_market="None: as the model draws it",
    count="How many",
    style="Style",
    styles=("Typical", "Balanced", "Varied"),
    more="More settings",
    seed="Seed",
    seed_hint="Leave it empty for something new; the same number gives the same picture.",
    model="Model",
    draw="Draw",
    empty_title="Your pictures appear here",
    empty="Describe a product on the left, or take one of the examples, and press Draw.",
    drawing="Drawing {} …",
    drawn="{} of {} ready",
    seed_of="Seed {}",
    copy="Copy description",
    copied="Copied",
    variations="Variations",
    like="More like this",
    download="Download",
    variations_of="Variations of seed {}",
    like_of="Like seed {}",
    table_tab="Table",
    table_intro="Upload your product table. An image is made for every product that the model knows; for the others you "
    "are told why not.",
    table_file="Product table (CSV, Excel, JSON Lines, Parquet)",
    per_product="Images for each product",
    only_missing="Only for products without an image",
    submit="Make the images",
    no_file="Choose a file first.",
    jobs="Your tables",
    no_jobs="No table yet.",
    cancel="Stop",
    resume="Go on",
    states={
        "queued": "Waiting",
        "running": "Working",
        "done": "Done",
        "failed": "Failed",
        "cancelled": "Stopped",
    },
    progress="{} of {} products",
    left="about {} left",
    summary="{} made, {} not served, {} failed",
    keep="Keep",
    redo="Redo",
    redo_chosen="Redo the {} chosen",
    zip="Download all (zip)",
    review="Review",
    review_hint="Every image is kept unless you mark it to be made anew.",
    page="Page {} of {}",
    earlier="Back",
    later="Next",
    not_made="Products without an image",
    photo_tab="Own photo",
    photo_intro="Cut out, place and label your own photo as a market wants it.",
    photo_file="Photo",
    enhance="Correct light and color",
    shadow="Soft shadow",
    ai="It was made by AI: label it",
    finish="Finish",
    before="Before",
    after="After",
    rules="The market's rules",
    passed="All rules are kept",
    failed="{} rules are broken",
    marks={"pass": "kept", "fail": "broken", "warning": "beware", "unknown": "not known"},
    notes="To know",
    explain_tab="Explain",
    explain_intro="See which words moved which parts of a picture, and what chance decides.",
    explain="Explain",
    explaining="Looking closely …",
    picture="The picture",
    word_maps="Which words move what",
    word_maps_hint="Each word is left out in turn. The number is how much color changes on average (ΔE); 2 can just be "
    "seen.",
    nearest="Nearest training products",
    nearest_hint="Closer than {} would count as a copy.",
    directions="What chance steers",
    directions_hint="The ways in which pictures of this description differ most.",
    of_change="{} % of the change",
    model_tab="Models",
    family="Family",
    resolution="Resolution",
    license="Licence of the training pictures",
    kinds="Knows",
    colors="Colors",
    scores="Scores",
    no_scores="Not evaluated yet.",
    card="Model card",
    samples="Samples",
    ai_notice="Every picture is AI-generated and says so in its file.",
)

ZH = Words(
    language="zh",
    html="zh-CN",
    title="packshot 图片工作室",
    tagline="从商品描述生成商品图",
    other="English",
    other_label="Show in English",
    theme="切换明暗",
    api="接口",
    sign_out="退出",
    skip="跳到内容",
    draw_tab="生成",
    describe="描述商品",
    describe_hint="写明品类、颜色、材质和图案，中文或英文均可。",
    examples="试试这些",
    example_texts=("红色连衣裙", "蓝色条纹衬衫", "黑色皮鞋", "绿色儿童T恤", "white hoodie"),
    market="用于哪个平台",
    no_market="不限：模型原图",
    count="张数",
    style="风格",
    styles=("稳妥", "均衡", "多样"),
    more="更多设置",
    seed="种子",
    seed_hint="留空则每次都不同；同一数字得到同一张图。",
    model="模型",
    draw="生成图片",
    empty_title="图片会出现在这里",
    empty="在左侧描述商品，或点选一个示例，然后按“生成图片”。",
    drawing="正在生成 {} 张……",
    drawn="已完成 {} / {}",
    seed_of="种子 {}",
    copy="复制描述",
    copied="已复制",
    variations="变化",
    like="更多相似",
    download="下载",
    variations_of="种子 {} 的变化",
    like_of="与种子 {} 相似",
    table_tab="表格",
    table_intro="上传商品表格。模型认识的商品都会生成图片，其余商品会说明原因。",
    table_file="商品表格（CSV、Excel、JSON Lines、Parquet）",
    per_product="每个商品的张数",
    only_missing="只为没有图片的商品生成",
    submit="开始生成",
    no_file="请先选择文件。",
    jobs="我的表格",
    no_jobs="还没有表格。",
    cancel="停止",
    resume="继续",
    states={"queued": "排队中", "running": "生成中", "done": "已完成", "failed": "失败", "cancelled": "已停止"},
    progress="{} / {} 个商品",
    left="约剩 {}",
    summary="已生成 {}，无法提供 {}，失败 {}",
    keep="保留",
    redo="重做",
    redo_chosen="重做选中的 {} 个",
    zip="全部下载（zip）",
    review="审阅",
    review_hint="未标记重做的图片都会保留。",
    page="第 {} / {} 页",
    earlier="上一页",
    later="下一页",
    not_made="没有生成图片的商品",
    photo_tab="自有照片",
    photo_intro="按平台要求为自己的照片抠图、摆放并加标识。",
    photo_file="照片",
    enhance="校正光线与色彩",
    shadow="柔和阴影",
    ai="由 AI 生成：加上标识",
    finish="精修",
    before="处理前",
    after="处理后",
    rules="平台规则",
    passed="全部符合",
    failed="{} 条不符合",
    marks={"pass": "符合", "fail": "不符合", "warning": "注意", "unknown": "未知"},
    notes="说明",
    explain_tab="解释",
    explain_intro="看看哪些词影响画面的哪些部分，以及随机性决定了什么。",
    explain="解释",
    explaining="正在分析……",
    picture="图片",
    word_maps="词与画面",
    word_maps_hint="依次去掉每个词。数字是平均色差（ΔE），约 2 才能看出。",
    nearest="最接近的训练商品",
    nearest_hint="距离小于 {} 即视为复制。",
    directions="随机性决定什么",
    directions_hint="同一描述的图片差异最大的几个方向。",
    of_change="占变化的 {} %",
    model_tab="模型",
    family="类型",
    resolution="分辨率",
    license="训练图片的许可",
    kinds="认识的品类",
    colors="颜色",
    scores="评分",
    no_scores="尚未评估。",
    card="模型卡",
    samples="样例",
    ai_notice="所有图片均由 AI 生成，文件内含标识。",
)  # fmt: skip

BY_LANGUAGE: dict[Language, Words] = {"en": EN, "zh": ZH}
