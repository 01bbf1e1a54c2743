"""Knowledge: what a caller is told, how it is worded, and whether the people who tell it know it.

Owns articles with their versions and key facts, the full text of them, wording rules, questions, exams and their
results, and the mistakes noted against an article. Does not own calls, nor the review of them (hotline).
"""
