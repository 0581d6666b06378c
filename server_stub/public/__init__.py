"""What citizens see: server-rendered pages that need no JavaScript, no account and nothing from outside.

    /               what there is          /t/<token>   one's ticket: number, wait, what to bring; then the rating
    /d, /d/<site>   the hall's display     /r/<token>   the rating: form, thanks, words added later
    /w/<window>     the small screen       /v/<page>    is this paper genuine?

    routes ─▶ queue, rating, paper (views of rows) ─▶ pages (templates, words) ─▶ HTML
       └────▶ store.submit: the one write path, as a citizen

A token is an id sealed by the server's secret, so that nobody guesses another's page; it is also what makes a form
safe against forged requests: a page that does not know it cannot post to it.
"""
