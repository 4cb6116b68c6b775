"""A language server: findings, pages and fixes in editors, on what is on the screen.

``nbdebt lsp`` speaks the Language Server Protocol 3.17 over standard input and output. Notebooks come as VS
Code sends them (``notebookDocument/*``), as scripts with cells, or as the JSON that an editor shows of them.
It executes nothing of them. pygls does the protocol; where it isn't installed the command says what to
install.
"""
