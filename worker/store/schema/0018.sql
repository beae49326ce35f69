-- A project goes by every name that it ever had: budgets and filters find its id by any of them.
CREATE INDEX dimension_project_name ON dimension (project_name, project) WHERE project_name IS NOT NULL;
