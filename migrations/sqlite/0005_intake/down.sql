DROP TABLE clearances;
DROP TABLE intake_reviews;
DROP TABLE screening_decisions;
DROP TABLE intake_answers;
DROP TABLE intake_responses;
DROP TABLE screening_rulesets;
DROP TABLE intake_form_versions;
DROP TABLE intake_forms;
