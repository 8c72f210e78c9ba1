"""Yingda 应答: a gateway that puts an AI behind a WeChat Official Account.

The rooms, and which way their imports point, are drawn in `.importlinter`; `docs/glossary.md`
defines every word that names something here.
"""
