# tries: to have the report run a script
# must: score == 0

raise ValueError(
    "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}{% raw %}"
)
