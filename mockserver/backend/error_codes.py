"""Which status, code and text does a failure get on the wire? The only place that decides it.

`CLASSES` and `CODES` are the service's published error table, whole, plus the few rows that had to be
assumed. `WORDING` maps each failure (a fact of the domain) to its row. `docs/errors.md` is printed
from here.
"""

from dataclasses import dataclass

from mockserver.backend import failures as facts
from mockserver.evidence import Evidence, Fact
from mockserver.experiment import failures as data
from mockserver.failures import Failure
from mockserver.jobs import failures as jobs
from mockserver.storage import failures as storage
from mockserver.workspace import model

PUBLISHED, CAPTURED, ASSUMED = Evidence.PUBLISHED, Evidence.CAPTURED, Evidence.ASSUMED


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """The outer code of an error: decides the HTTP status."""

    status: int
    message: str
    evidence: Evidence = PUBLISHED


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """The inner code of an error. `message` holds the places `{0}`, `{1}` …"""

    message: str
    evidence: Evidence = PUBLISHED


# fmt: off
CLASSES: dict[str, ErrorClass] = {
    "BadArgument": ErrorClass(400, "Invalid argument provided."),
    "BadUserArgument": ErrorClass(400, "Invalid user argument provided."),
    "InvalidOperation": ErrorClass(400, "The request is invalid in the current context."),
    "LibraryExecutionError": ErrorClass(400, "Module execution encountered an internal library error."),
    "ModuleExecutionError": ErrorClass(400, "Module execution encountered an error."),
    "WebServicePackageError": ErrorClass(400, "Invalid web service package. Verify the web service package provided is correct and try again."),
    "Unauthorized": ErrorClass(401, "Request is unauthorized to access resource."),
    "NotFound": ErrorClass(404, "Resource not found."),
    "MethodNotAllowed": ErrorClass(405, "The requested resource does not support this HTTP method.", ASSUMED),
    "RequestTimeout": ErrorClass(408, "The operation could not be completed within the permitted time."),
    "Conflict": ErrorClass(409, "Resource already exists."),
    "MemoryQuotaViolation": ErrorClass(413, "The model had exceeded the memory quota assigned to it."),
    "RequestEntityTooLarge": ErrorClass(413, "The request is larger than the service accepts.", ASSUMED),
    "InternalError": ErrorClass(500, "Execution encountered an internal error."),
    "InternalErrorSystemLowOnMemory": ErrorClass(500, "Execution encountered an internal error. System low on memory. Please try again."),
    "ModelPackageFormatError": ErrorClass(500, "Invalid model package. Verify the model package provided is correct and try again."),
    "WebServicePackageInternalError": ErrorClass(500, "Invalid web service package. Verify the web package provided is correct and try again."),
    "InitializingContainers": ErrorClass(503, "The request cannot execute as the containers are being initialized."),
    "ServiceUnavailable": ErrorClass(503, "Service is temporarily unavailable."),
    "GatewayTimeout": ErrorClass(504, "The operation could not be completed within the permitted time."),
}

CODES: dict[str, dict[str, ErrorCode]] = {
    "BadArgument": {
        "BadParameterValue": ErrorCode("The parameter value supplied does not satisfy the parameter rule on the parameter"),
        "BadSubscriptionId": ErrorCode("The subscription Id that is used to score is not the one present in the resource"),
        "BadVersionCall": ErrorCode("Invalid version parameter was passed during the API call: {0}. Check the API help page for passing the correct version and try again."),
        "BatchJobInputsNotSpecified": ErrorCode("The following required input(s) were not specified with the request: {0}. Please ensure all input data is specified and try again."),
        "BatchJobInputsTooManySpecified": ErrorCode("The request specified more inputs than defined in the service. List of accepted input(s): {0}. Please ensure all input data is specified correctly and try again."),
        "BlobNameTooLong": ErrorCode("Azure blob storage path provided for diagnostic output is too long: {0}. Shorten the path and try again."),
        "BlobNotFound": ErrorCode("Unable to access the provided Azure blob - {0}.  Azure error message: {1}."),
        "ContainerIsEmpty": ErrorCode("No Azure storage container name was provided. Provide a valid container name and try again."),
        "ContainerSegmentInvalid": ErrorCode("Invalid container name. Provide a valid container name and try again."),
        "ContainerValidationFailed": ErrorCode("Blob container validation failed with this error: {0}."),
        "DataTypeNotSupported": ErrorCode("Unsupported data type provided. Provide valid data type(s) and try again."),
        "DuplicateInputInBatchCall": ErrorCode("The batch request is invalid. Cannot specify both single and multiple input at the same time. Remove one of these items from the request and try again."),
        "ExpiryTimeInThePast": ErrorCode("Expiry time provided is in the past: {0}. Provide a future expiry time in UTC and try again. To never expire, set expiry time to NULL."),
        "IncompleteSettings": ErrorCode("Diagnostics settings are incomplete."),
        "InputBlobRelativeLocationInvalid": ErrorCode("No Azure storage blob name provided. Provide a valid blob name and try again."),
        "InvalidBlob": ErrorCode("Invalid blob specification for blob: {0}. Verify that connection string / relative path or SAS token specification is correct and try again."),
        "InvalidBlobConnectionString": ErrorCode("The connection string specified for one of the input/output blobs in invalid: {0}. Please correct this and try again."),
        "InvalidBlobExtension": ErrorCode('The blob reference: {0} has an invalid or missing file extension. Supported file extensions for this output type are: "{1}".'),
        "InvalidInputNames": ErrorCode("Invalid service input name(s) specified in the request: {0}. Please map the input data to the correct service inputs and try again."),
        "InvalidOutputOverrideName": ErrorCode("Invalid output override name: {0}. The service does not have an output node with this name. Please pass in a correct output node name to override (case sensitivity applies)."),
        "InvalidQueryParameter": ErrorCode("Invalid query parameter '{0}'. {1}"),
        "MissingInputBlobInformation": ErrorCode("Missing Azure storage blob information. Provide a valid connection string and relative path or URI and try again."),
        "MissingJobId": ErrorCode("No job Id provided. A job Id is returned when a job was submitted for the first time. Verify the job Id is correct and try again."),
        "MissingKeys": ErrorCode("No Keys provided or one of Primary or Secondary Key is not provided."),
        "MissingModelPackage": ErrorCode("No model package Id or model package provided. Provide a valid model package Id or model package and try again."),
        "MissingOutputOverrideSpecification": ErrorCode("The request is missing the blob specification for output override {0}. Please specify a valid blob location with the request, or remove the output specification if no location override is desired."),
        "MissingRequestInput": ErrorCode("The web service expects an input, but no input was provided. Ensure valid inputs are provided based on the published input ports in the model and try again."),
        "MissingRequiredGlobalParameters": ErrorCode("Not all required web service parameter(s) provided. Verify the parameter(s) expected for the module(s) are correct and try again."),
        "MissingRequiredOutputOverrides": ErrorCode("When calling an encrypted service endpoint it is mandatory to pass in output overrides for all the service's outputs. Missing overrides at this time for these outputs: {0}"),
        "MissingWebServiceGroupId": ErrorCode("No web service group Id provided. Provide a valid web service group Id and try again."),
        "MissingWebServiceId": ErrorCode("No web service Id provided. Provide a valid web service Id and try again."),
        "MissingWebServicePackage": ErrorCode("No web Service package provided. Provide a valid web service package and try again."),
        "MissingWorkspaceId": ErrorCode("No workspace Id provided. Provide a valid workspace Id and try again."),
        "ModelConfigurationInvalid": ErrorCode("Invalid model configuration in the model package. Ensure the model configuration contains output endpoint(s) definition, std error endpoint, and std out endpoint and try again."),
        "ModelPackageIdInvalid": ErrorCode("Invalid model package Id. Verify that the model package Id is correct and try again."),
        "RequestBodyInvalid": ErrorCode("No request body provided or error in deserializing the request body."),
        "RequestIsEmpty": ErrorCode("No request provided. Provide a valid request and try again."),
        "UnexpectedParameter": ErrorCode("Unexpected parameters provided. Verify all parameter names are spelled correctly, only expected parameters are passed, and try again."),
        "UnknownError": ErrorCode("Unknown error."),
        "UserParameterInvalid": ErrorCode("{0}"),
        "WebServiceConcurrentRequestRequirementInvalid": ErrorCode("Cannot change concurrent requests requirements for {0} web service."),
        "WebServiceIdInvalid": ErrorCode("Invalid web service id provided. Web service id should be a valid guid."),
        "WebServiceTooManyConcurrentRequestRequirement": ErrorCode("Cannot set concurrent request requirement to more than {0}."),
        "WebServiceTypeInvalid": ErrorCode("Invalid web service type provided. Verify the valid web service type is correct and try again. Valid web service types: {0}."),
    },
    "BadUserArgument": {
        "InputMismatchError": ErrorCode("Input data does not match input port schema."),
        "InputParseError": ErrorCode("Parsing of input vector failed.  Verify the input vector has the correct number of columns and data types.  Additional details: {0}."),
        "MissingRequiredGlobalParameters": ErrorCode("Parameter(s) expected by the web service are missing. Verify all the required parameters expected by the web service are correct and try again."),
        "UnexpectedParameter": ErrorCode("Verify only the required parameters expected by the web service are passed and try again."),
        "UserParameterInvalid": ErrorCode("{0}"),
    },
    "InvalidOperation": {
        "CannotStartJob": ErrorCode("The job cannot be started because it is in {0} state."),
        "IncompatibleModel": ErrorCode("The model is incompatible with the request version. The request version only supports single datatable output models."),
        "MultipleInputsNotAllowed": ErrorCode("The model does not allow multiple inputs."),
    },
    "WebServicePackageError": {
        "FormatError": ErrorCode("The web service package is malformed. Details: {0}"),
        "RuntimesError": ErrorCode("The web service package graph is invalid. Details: {0}"),
        "ValidationError": ErrorCode("The web service package graph is invalid. Details: {0}"),
    },
    "Unauthorized": {
        "AdminRequestUnauthorized": ErrorCode("Unauthorized"),
        "ManagementRequestUnauthorized": ErrorCode("Unauthorized"),
        "ScoreRequestUnauthorized": ErrorCode("Invalid credentials provided."),
    },
    "NotFound": {
        "ModelPackageNotFound": ErrorCode("Model package not found. Verify the model package Id is correct and try again."),
        "WebServiceIdNotFoundInWorkspace": ErrorCode("Web service under this workspace not found. There is a mismatch between the webServiceId and the workspaceId. Verify the web service provided is part of the workspace and try again."),
        "WebServiceNotFound": ErrorCode("Web service not found. Verify the web service Id is correct and try again."),
        "WorkspaceNotFound": ErrorCode("Workspace not found. Verify the workspace Id is correct and try again."),
        "ResourceNotFound": ErrorCode("The requested resource does not exist.", ASSUMED),
        "JobNotFound": ErrorCode("Job not found. Verify the job Id is correct and try again.", ASSUMED),
    },
    "MethodNotAllowed": {
        "MethodNotAllowed": ErrorCode("The resource does not support HTTP method '{0}'.", ASSUMED),
    },
    "RequestTimeout": {
        "RequestCanceled": ErrorCode("Request was canceled by the client."),
        "ScoreRequestTimeout": ErrorCode("Execution request timed out."),
    },
    "Conflict": {
        "ModelOutputMetadataMismatch": ErrorCode("Invalid output parameter name. Try using the metadata editor module to rename columns and try again."),
    },
    "MemoryQuotaViolation": {
        "OutOfMemoryLimit": ErrorCode("The model consumed more memory than was appropriated for it. Maximum allowed memory for the model is {0} MB. Please check your model for issues."),
    },
    "RequestEntityTooLarge": {
        "RequestBodyTooLarge": ErrorCode("The request body is larger than {0} bytes.", ASSUMED),
    },
    "InternalError": {
        "AdminAuthenticationFailed": ErrorCode(""),
        "BackendArgumentError": ErrorCode(""),
        "BackendBadRequest": ErrorCode(""),
        "ClusterConfigBlobMisconfigured": ErrorCode(""),
        "ContainerProcessTerminatedWithSystemError": ErrorCode("The container process crashed with system error"),
        "ContainerProcessTerminatedWithUnknownError": ErrorCode("The container process crashed with unknown error"),
        "ContainerValidationFailed": ErrorCode("Blob container validation failed with this error: {0}."),
        "DeleteWebServiceResourceFailed": ErrorCode(""),
        "ExceptionDeserializationError": ErrorCode(""),
        "FailedGettingApiDocument": ErrorCode(""),
        "FailedStoringWebService": ErrorCode(""),
        "InvalidMemoryConfiguration": ErrorCode("InvalidMemoryConfiguration, ConfigValue: {0}"),
        "InvalidResourceCacheConfiguration": ErrorCode(""),
        "InvalidResourceDownloadConfiguration": ErrorCode(""),
        "InvalidWebServiceResources": ErrorCode(""),
        "MissingTaskInstance": ErrorCode("No arguments provided. Verify that valid arguments are passed and try again."),
        "ModelPackageInvalid": ErrorCode(""),
        "ModuleExecutionFailed": ErrorCode(""),
        "ModuleLoadFailed": ErrorCode(""),
        "ModuleObjectCloneFailed": ErrorCode(""),
        "OutputConversionFailed": ErrorCode(""),
        "PortDataTypeNotSupported": ErrorCode("Port id={0} has an unsupported data type: {1}."),
        "ResourceDownload": ErrorCode(""),
        "ResourceLoadFailed": ErrorCode(""),
        "ServiceUrisNotFound": ErrorCode(""),
        "SwaggerGeneration": ErrorCode("Swagger generation failed, Details: {0}"),
        "UnexpectedScoreStatus": ErrorCode(""),
        "UnknownBackendErrorResponse": ErrorCode(""),
        "UnknownError": ErrorCode(""),
        "UnknownJobStatusCode": ErrorCode("Unknown job status code {0}."),
        "UnknownModuleError": ErrorCode(""),
        "UpdateWebServiceResourceFailed": ErrorCode(""),
        "WebServiceGroupNotFound": ErrorCode(""),
        "WebServicePackageInvalid": ErrorCode("InvalidWebServicePackage, Details: {0}"),
        "WorkerAuthorizationFailed": ErrorCode(""),
        "WorkerUnreachable": ErrorCode(""),
    },
    "WebServicePackageInternalError": {
        "ModuleError": ErrorCode("The web service package graph is invalid. Details: {0}"),
    },
    "ServiceUnavailable": {
        "NoMoreResources": ErrorCode("No resources available for request."),
        "RequestThrottled": ErrorCode("Request was throttled for {0} endpoint. The maximum concurrency for the endpoint is {1}."),
        "TooManyConcurrentRequests": ErrorCode("Too many concurrent requests sent."),
        "TooManyHostsBeingInitialized": ErrorCode("Too many hosts being initialized at the same time. Consider throttling / retrying."),
        "TooManyHostsBeingInitializedPerModel": ErrorCode("Too many hosts being initialized at the same time. Consider throttling / retrying."),
    },
    "GatewayTimeout": {
        "BackendInitializationTimeout": ErrorCode("The web service initialization could not be completed within the permitted time."),
        "BackendScoreTimeout": ErrorCode("The web service request execution could not be completed within the permitted time."),
    },
}
# fmt: on

WORDING: dict[type[Failure], tuple[str, str]] = {
    facts.UnknownPath: ("NotFound", "ResourceNotFound"),
    facts.VerbNotSupported: ("MethodNotAllowed", "MethodNotAllowed"),
    facts.ServiceIdNotValid: ("BadArgument", "WebServiceIdInvalid"),
    model.WorkspaceNotFound: ("NotFound", "WorkspaceNotFound"),
    model.ServiceNotFound: ("NotFound", "WebServiceNotFound"),
    model.ServiceInOtherWorkspace: ("NotFound", "WebServiceIdNotFoundInWorkspace"),
    facts.CredentialsNotValid: ("Unauthorized", "ScoreRequestUnauthorized"),
    facts.VersionNotSupported: ("BadArgument", "BadVersionCall"),
    facts.QueryParameterNotValid: ("BadArgument", "InvalidQueryParameter"),
    facts.RequestNotReadable: ("BadArgument", "RequestIsEmpty"),
    facts.RequestBodyTooLarge: ("RequestEntityTooLarge", "RequestBodyTooLarge"),
    facts.RequestBodyNotUsable: ("BadArgument", "RequestBodyInvalid"),
    data.InputNotProvided: ("BadArgument", "MissingRequestInput"),
    data.UnknownInput: ("BadArgument", "InvalidInputNames"),
    data.InputColumnsMismatch: ("BadUserArgument", "InputMismatchError"),
    data.InputNotParsed: ("BadUserArgument", "InputParseError"),
    data.ParameterMissing: ("BadUserArgument", "MissingRequiredGlobalParameters"),
    data.ParameterUnexpected: ("BadUserArgument", "UnexpectedParameter"),
    data.ParameterNotParsed: ("BadUserArgument", "UserParameterInvalid"),
    data.MemoryQuotaExceeded: ("MemoryQuotaViolation", "OutOfMemoryLimit"),
    jobs.JobNotFound: ("NotFound", "JobNotFound"),
    jobs.JobIdMissing: ("BadArgument", "MissingJobId"),
    jobs.JobCannotStart: ("InvalidOperation", "CannotStartJob"),
    jobs.InputTwice: ("BadArgument", "DuplicateInputInBatchCall"),
    jobs.InputsNotSpecified: ("BadArgument", "BatchJobInputsNotSpecified"),
    jobs.TooManyInputs: ("BadArgument", "BatchJobInputsTooManySpecified"),
    jobs.UnknownOutput: ("BadArgument", "InvalidOutputOverrideName"),
    jobs.OutputNotSpecified: ("BadArgument", "MissingOutputOverrideSpecification"),
    jobs.StateNotSaved: ("ServiceUnavailable", "NoMoreResources"),
    storage.ReferenceMissing: ("BadArgument", "MissingInputBlobInformation"),
    storage.ConnectionStringNotUsable: ("BadArgument", "InvalidBlobConnectionString"),
    storage.AddressNotAllowed: ("BadArgument", "ContainerValidationFailed"),
    storage.ContainerNotNamed: ("BadArgument", "ContainerIsEmpty"),
    storage.ContainerNameNotValid: ("BadArgument", "ContainerSegmentInvalid"),
    storage.BlobNotNamed: ("BadArgument", "InputBlobRelativeLocationInvalid"),
    storage.OutputNotNamed: ("BadArgument", "InvalidBlob"),
    storage.OutputsShareBlob: ("BadArgument", "InvalidBlob"),
    storage.BlobNameTooLong: ("BadArgument", "BlobNameTooLong"),
    storage.ExtensionNotSupported: ("BadArgument", "InvalidBlobExtension"),
    storage.BlobNotAccessible: ("BadArgument", "BlobNotFound"),
    facts.TooManyCalls: ("ServiceUnavailable", "RequestThrottled"),
    facts.ScoringTimedOut: ("RequestTimeout", "ScoreRequestTimeout"),
    facts.CallerGone: ("RequestTimeout", "RequestCanceled"),
    facts.ServiceStopping: ("ServiceUnavailable", "NoMoreResources"),
    facts.InternalFault: ("InternalError", "UnknownError"),
}
"""Which row a failure gets. A `ModuleFailed` is ModuleExecutionError under its own error number."""

FACTS = (
    Fact(
        "Errors are an envelope of class, class message and details, by the published table.",
        PUBLISHED,
        "the document of web service error codes",
    ),
    Fact(
        "An unknown path is NotFound/ResourceNotFound, a wrong verb 405 MethodNotAllowed with"
        " `Allow`, a body over the limit 413 RequestEntityTooLarge/RequestBodyTooLarge.",
        ASSUMED,
        "the published table has no row for them; captured answers would settle it",
    ),
    Fact(
        "A failing module is ModuleExecutionError; the detail code is its error number, the target"
        " its name, the message `Error NNNN: …`.",
        ASSUMED,
        "the published texts; a whole captured envelope would settle it",
    ),
    Fact(
        "A call that a stop cuts off is ServiceUnavailable/NoMoreResources.",
        ASSUMED,
        "the published class of a service that is not there; nobody saw one stop",
    ),
    Fact(
        "A parameter that is missing or unknown is reported in class BadUserArgument.",
        ASSUMED,
        "the table lists both codes in BadArgument as well",
    ),
)
